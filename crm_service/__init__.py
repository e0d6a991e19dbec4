"""Marketing contacts and their consent: whom you may mail, with which links, and the proof."""
