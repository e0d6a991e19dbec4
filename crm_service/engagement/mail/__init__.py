"""Mail that comes back: opt-outs, bounces and complaints, each believed only with its proof."""
