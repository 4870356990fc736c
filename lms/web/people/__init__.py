"""The HR desk: people, departments, decisions about them, sessions, and training done elsewhere."""
