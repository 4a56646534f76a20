using System.Runtime.InteropServices;

namespace Nonet.Inference;

/// <summary>The tokens of a sequence, their counts in the prompt and in the new text, and Mirostat's μ after each token.</summary>
sealed class SamplerHistory
{
    readonly Dictionary<int, (int Prompt, int Text)> counts = [];
    readonly bool kept, counted;
    int[] tokens = [];
    double[] cuts = [];
    int count;

    /// <param name="prompt">The tokens before the new text.</param>
    /// <param name="kept">Whether <see cref="Tokens"/> are needed.</param>
    /// <param name="counted">Whether <see cref="Counts"/> are needed.</param>
    /// <param name="cut">Initial value of Mirostat's μ; null: Mirostat is off.</param>
    /// <param name="capacity">Expected number of new tokens, for which no memory is allocated later.</param>
    public SamplerHistory(ReadOnlySpan<int> prompt, bool kept, bool counted, double? cut, int capacity)
    {
        (this.kept, this.counted) = (kept || counted, counted);
        count = Prompt = prompt.Length;
        if (cut is { } first)
        {
            cuts = new double[Math.Max(16, capacity) + 1];
            cuts[0] = first;
        }
        if (!this.kept)
            return;
        tokens = new int[prompt.Length + Math.Max(16, capacity)];
        prompt.CopyTo(tokens);
        if (!counted)
            return;
        counts.EnsureCapacity(tokens.Length);
        foreach (var id in prompt)
            CollectionsMarshal.GetValueRefOrAddDefault(counts, id, out _).Prompt++;
    }

    /// <summary>Number of tokens in the prompt.</summary>
    public int Prompt { get; }

    /// <summary>Number of tokens in the new text.</summary>
    public int Length => count - Prompt;

    /// <summary>The prompt and the new text, if they are kept.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, count);

    public Dictionary<int, (int Prompt, int Text)> Counts => counts;

    /// <summary>Mirostat's μ, in bits.</summary>
    public double Cut => cuts[Length];

    /// <summary>Appends a token to the new text.</summary>
    /// <param name="id">The token.</param>
    /// <param name="cut">Mirostat's μ after it; null: Mirostat is off.</param>
    public void Add(int id, double? cut)
    {
        count++;
        if (cut is { } next)
        {
            if (Length == cuts.Length)
                Array.Resize(ref cuts, 2 * cuts.Length);
            cuts[Length] = next;
        }
        if (!kept)
            return;
        if (count > tokens.Length)
            Array.Resize(ref tokens, 2 * tokens.Length);
        tokens[count - 1] = id;
        if (counted)
            CollectionsMarshal.GetValueRefOrAddDefault(counts, id, out _).Text++;
    }

    /// <summary>Removes the last tokens of the new text.</summary>
    public void Rewind(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, Length);
        for (; steps > 0; steps--)
        {
            count--;
            if (!counted)
                continue;
            var id = tokens[count];
            ref var times = ref CollectionsMarshal.GetValueRefOrNullRef(counts, id);
            if (--times.Text == 0 && times.Prompt == 0)
                counts.Remove(id);
        }
    }
}
