using System.Runtime.InteropServices;

namespace Nonet.Inference;

/// <summary>The tokens of a sequence, how often each stands in the prompt and in the new text, and Mirostat's cut after each.</summary>
sealed class SamplerHistory
{
    readonly Dictionary<int, (int Prompt, int Text)> counts = [];
    readonly bool counted;
    int[] tokens;
    double[] cuts;
    int count;

    /// <param name="prompt">The tokens before the new text.</param>
    /// <param name="counted">Whether <see cref="Counts"/> is needed.</param>
    /// <param name="cut">Mirostat's cut at first.</param>
    /// <param name="capacity">Expected number of new tokens, for which no memory is allocated later.</param>
    public SamplerHistory(ReadOnlySpan<int> prompt, bool counted, double cut, int capacity)
    {
        this.counted = counted;
        tokens = new int[prompt.Length + Math.Max(16, capacity)];
        cuts = new double[tokens.Length - prompt.Length + 1];
        prompt.CopyTo(tokens);
        count = Prompt = prompt.Length;
        cuts[0] = cut;
        if (!counted)
            return;
        counts.EnsureCapacity(tokens.Length);
        foreach (var id in prompt)
            CollectionsMarshal.GetValueRefOrAddDefault(counts, id, out _).Prompt++;
    }

    /// <summary>Tokens of the prompt.</summary>
    public int Prompt { get; }

    /// <summary>Tokens of the new text.</summary>
    public int Length => count - Prompt;

    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, count);

    public Dictionary<int, (int Prompt, int Text)> Counts => counts;

    /// <summary>Mirostat's cut, in bits.</summary>
    public double Cut => cuts[Length];

    public void Add(int id, double cut)
    {
        if (count == tokens.Length)
        {
            Array.Resize(ref tokens, count * 2);
            Array.Resize(ref cuts, tokens.Length - Prompt + 1);
        }
        tokens[count++] = id;
        cuts[Length] = cut;
        if (counted)
            CollectionsMarshal.GetValueRefOrAddDefault(counts, id, out _).Text++;
    }

    /// <summary>Takes back the last tokens of the new text.</summary>
    public void Rewind(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, Length);
        for (; steps > 0; steps--)
        {
            var id = tokens[--count];
            if (!counted)
                continue;
            ref var times = ref CollectionsMarshal.GetValueRefOrNullRef(counts, id);
            if (--times.Text == 0 && times.Prompt == 0)
                counts.Remove(id);
        }
    }
}
