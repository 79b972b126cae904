"""The assistant: files, prompts, AWS, reports. It may import ``converters``; never the other way round."""
