"""What published accuracies can show, with no answers at hand."""
