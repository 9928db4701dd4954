"""How right the counts are: matching cells with the truth, and agreement of counts."""
