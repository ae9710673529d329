"""What goes over the wire: every answer and every form, as pydantic models from which the API's description is made."""
