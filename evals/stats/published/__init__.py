"""What published accuracies allow, over every way in which their answers may pair."""
