"""Pure decisions: values in, reasons out. No IO and no maths beyond counting."""
