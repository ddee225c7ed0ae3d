"""What an office may change: rules, workflows, forms, regulations; one file each."""
