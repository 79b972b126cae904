"""What is asked of the machine that runs this tool: its clock, its zone, and files that are written whole."""
