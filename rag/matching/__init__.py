"""A need and who may help: advisors, similar cases, technologies and needs, contacts; each with its reasons."""
