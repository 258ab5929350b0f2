"""Where the pages get what they show."""
