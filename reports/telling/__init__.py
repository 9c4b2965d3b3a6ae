"""What somebody is told of a run or of the programme, in words. Who is told, and by which way, is not decided here."""
