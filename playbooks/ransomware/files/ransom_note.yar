// Ransom notes, by the phrases that they share whatever family they are of. In a document that is a note and not an article: it is short.
rule ransom_note
{
    meta:
        description = "text that says that files were encrypted and how to have them back"
    strings:
        $fr_1 = "fichiers ont \xc3\xa9t\xc3\xa9 chiffr\xc3\xa9s" nocase
        $fr_2 = "fichiers sont chiffr\xc3\xa9s" nocase
        $fr_3 = "fichiers ont \xc3\xa9t\xc3\xa9 crypt\xc3\xa9s" nocase
        $en_1 = "files have been encrypted" nocase
        $en_2 = "files are encrypted" nocase
        $en_3 = "files were encrypted" nocase
        $en_4 = "data has been encrypted" nocase
        $how_1 = "decrypt" nocase
        $how_2 = "d\xc3\xa9chiffre" nocase
        $how_3 = "bitcoin" nocase
        $how_4 = ".onion" nocase
        $how_5 = "tor browser" nocase
        $how_6 = "ransom" nocase
        $how_7 = "ran\xc3\xa7on" nocase
        $how_8 = "nothing to pay" nocase
    condition:
        filesize < 64KB and any of ($fr_*, $en_*) and any of ($how_*)
}
