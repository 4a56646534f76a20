namespace Nonet.Text.Decoders;

/// <summary>
/// Connectionist temporal classification (Graves et al. 2006): repeated tokens count once, blanks are removed, and a delimiter becomes a
/// space.
/// </summary>
sealed class CtcDecoder(string blank, string delimiter, bool cleanUp) : TokenDecoder
{
    public override IReadOnlyList<string> Apply(IReadOnlyList<string> tokens, PipelineMeter meter)
    {
        var texts = new List<string>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i] == tokens[i - 1])
                continue;
            var text = blank.Length == 0 ? tokens[i] : tokens[i].Replace(blank, "", StringComparison.Ordinal);
            if (cleanUp)
            {
                text = CleanUp(text);
                text = delimiter.Length == 0 ? text : text.Replace(delimiter, " ", StringComparison.Ordinal);
            }
            if (text.Length > 0)
                texts.Add(text);
        }
        return texts;
    }
}
