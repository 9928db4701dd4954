"""The database of a service: its tables (:mod:`.tables`) and how it is opened (:mod:`.sessions`)."""
