"""Learning and measuring what the screening lists miss: templates, phrases, training, recall and false alarms by language."""
