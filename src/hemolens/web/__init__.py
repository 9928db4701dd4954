"""The service: photographs are counted, looked at, corrected and signed off in a browser.

=====================  ========================================================
:mod:`.settings`       what the one who serves may choose
:mod:`.app`            the application: routes, protection, page
:mod:`.schemas`        what goes in and out, as types: the API
:mod:`.routes`         one file for each kind of resource
:mod:`.access`         who asks, and what they may
:mod:`.database`       tables, sessions, migrations; the queue of jobs is one of the tables
:mod:`.storage`        photographs and counts as files, called by their content
:mod:`.queue`          jobs: put in, claimed, finished, lost, cancelled
:mod:`.worker`         a process that does jobs
:mod:`.serve`          the server and its workers, started and ended together
=====================  ========================================================

A door like the command line: it parses, calls and shows. What counting and correcting are is said below it
(:mod:`hemolens.pipeline`, :mod:`hemolens.review`).
"""
