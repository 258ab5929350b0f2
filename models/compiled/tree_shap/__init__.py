"""TreeSHAP, exact: of shallow boosted trees by tables, of forests of any depth all splits at once."""
