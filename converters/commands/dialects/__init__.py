"""What the shells make of a text: dash, bash and BusyBox's ash read the same line in their own ways.

``constructs``  what differs, as a table of constructs and shells    ``syntax``    where they stand in the parse tree
``builtins``    options and formats of the shells' own commands       ``variables`` names that only some shells set
``reading``     text -> what each shell makes of it                   ``saying``    the sentences for people
"""
