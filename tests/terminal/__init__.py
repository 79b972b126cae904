"""The tool in a real terminal: a process on a pseudo terminal, its screen kept by an emulator."""
