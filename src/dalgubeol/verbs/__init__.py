"""The only place where nouns, rules and the world meet: what people and programs can do here."""
