"""What people ask and what they are told: conversations, answers that are kept a while, feedback."""
