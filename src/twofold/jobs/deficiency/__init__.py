"""SOX deficiencies: their facts gathered from judgements, findings and registers, evaluated, judged and written up."""
