"""Commands: what a person types after `leads`, one file for each thing they come for; `pipelines.cli` lists them."""
