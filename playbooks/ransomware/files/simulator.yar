// What the exercise's own simulator writes: at the beginning of each encrypted file, and in each encrypted value of a database.
rule reprise_simulator_file
{
    meta:
        description = "file encrypted by the simulator of the exercise"
    strings:
        $header = "REPRISE-EXERCISE-RANSOMWARE-1\n"
    condition:
        $header at 0
}

rule reprise_simulator_value
{
    meta:
        description = "value of a database encrypted by the simulator of the exercise"
    strings:
        $value = "REPRISE-EXERCISE-RANSOMWARE-1:"
    condition:
        $value
}
