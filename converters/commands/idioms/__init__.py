"""The idioms of cron's command lines: one family a module. Each takes its text out and keeps its wish.

``peeling``  the state, and where an idiom may work       ``registry``  which idiom answers to which program
``wishes``   what is kept, as data                        ``options``   option grammars
"""
