"""Workers on other machines, which ask and grade for a run; and Ray, which starts them there."""
