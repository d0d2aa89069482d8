"""What runs: home, lake, jobs, schedule, sensor, definitions, and the `leads` command.

Belongs here: assembling assets into something that runs. Does not belong here: any step's own work.
"""
