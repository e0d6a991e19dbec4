"""What must outlive any backup: erasures, blocks and refusals, kept outside the database."""
