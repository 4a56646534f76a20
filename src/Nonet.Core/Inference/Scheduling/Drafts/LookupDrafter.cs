namespace Nonet.Inference.Scheduling.Drafts;

/// <summary>Drafts the tokens that followed the same last tokens earlier in the text. Saxena 2023, "Prompt lookup decoding".</summary>
sealed class LookupDrafter : IDrafter
{
    const int Longest = 4, Shortest = 2;

    public void Propose(GenerationSequence sequence, int most, List<int> drafts)
    {
        var tokens = sequence.Tokens;
        for (var length = Math.Min(Longest, tokens.Length - 1); length >= Shortest; length--)
        {
            var at = tokens[..^1].LastIndexOf(tokens[^length..]);
            if (at < 0)
                continue;
            var next = tokens[(at + length)..];
            foreach (var id in next[..Math.Min(most, next.Length)])
                drafts.Add(id);
            return;
        }
    }

    public void Leave(EngineSequence sequence)
    {
    }

    public void Dispose()
    {
    }
}
