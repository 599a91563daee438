"""Papers that an office needs: a form with its answers becomes one document, and that HTML, PDF and DOCX alike."""
