"""PDF foundation: fonts, shaping, a tagged canvas, QR codes and simple charts. Knows nothing of learning."""
