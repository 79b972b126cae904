"""How the tool speaks on a terminal: one console, its languages, its log and the options that every command takes."""
