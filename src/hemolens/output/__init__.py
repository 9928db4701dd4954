"""What is written and shown: tables, pictures, reports, and files that other programs open."""
