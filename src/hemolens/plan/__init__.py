"""What is decided before anything is counted: fields to measure on, and blocks to count."""
