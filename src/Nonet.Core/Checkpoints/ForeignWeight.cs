namespace Nonet.Checkpoints;

/// <summary>Where a parameter of ours lies in a checkpoint of somebody else's.</summary>
/// <param name="Name">Their whole name.</param>
readonly record struct ForeignWeight(string Name)
{
    /// <summary>Stored as (In, Out): Conv1D of GPT-2.</summary>
    public bool Transposed { get; init; }

    /// <summary>First row of ours, along the output axis, where several of ours are packed in one of theirs.</summary>
    public int Start { get; init; }

    /// <summary>Rows of theirs; 0: as many as ours.</summary>
    public int Total { get; init; }

    /// <summary>Matrices of ours that are one of theirs, which then has an axis more; 0: none is stacked.</summary>
    public int Stack { get; init; }

    /// <summary>Matrix <paramref name="index"/> of <paramref name="count"/> that are stacked in one of theirs.</summary>
    /// <param name="name">Their whole name.</param>
    /// <param name="index">Which one it is.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="rows">Rows of each.</param>
    public static ForeignWeight Stacked(string name, int index, int count, int rows) => new(name) { Stack = count, Start = checked(index * rows), Total = checked(count * rows) };

    /// <summary>Width of a head whose rows (pair, 2) of ours are (2, pair) of theirs; 0 where the order is the same.</summary>
    public int Deinterleave { get; init; }

    /// <summary>The other way round: width of a head whose rows (2, pair) of ours are (pair, 2) of theirs.</summary>
    public int Interleave { get; init; }

    /// <summary>What theirs are multiplied by to be ours; 0 and 1: nothing.</summary>
    public float Scale { get; init; }

    /// <summary>A vector of ours that is (1, n) there.</summary>
    public bool Row { get; init; }

    /// <summary>What is added to theirs, after that, to be ours: -1 in GGUF's Gemma, whose gains hold the one.</summary>
    public float Offset { get; init; }

    public bool IsAltered => Scale is not (0 or 1) || Offset != 0;
}

/// <summary>The names of one checkpoint family.</summary>
/// <param name="Prefix">What stands before the names of a trunk that has a head; the bare trunk is stored without.</param>
/// <param name="Map">Their place of a path of ours; null where they have none.</param>
sealed record ForeignNames(string Prefix, Func<string, ForeignWeight?> Map)
{
    /// <summary>The names that files may have for a tensor, best first, given the one that is written. Null: that one alone.</summary>
    public Func<string, IEnumerable<string>>? Alternatives { get; init; }

    /// <summary>Names of the matrices that are one in this model: the token table first, then the output. A file may hold it under any of them.</summary>
    public IReadOnlyList<string> Tied { get; init; } = [];

    /// <summary>First names of our paths that are heads: what is no head is the trunk, which a checkpoint for any head has.</summary>
    public IReadOnlyList<string> Heads { get; init; } = [];

    /// <summary>Those heads that belong to one task alone, and are of no use to another.</summary>
    public IReadOnlyList<string> TaskHeads { get; init; } = [];

    /// <summary>All names that a tensor may have, its own before those of matrices that it is one with.</summary>
    public IEnumerable<string> Candidates(string name) => Tied.Contains(name) ? Own(name).Concat(Tied.Where(other => other != name).SelectMany(Own)) : Own(name);

    /// <summary>The tensor's own names: a trunk's with and without its prefix.</summary>
    public IEnumerable<string> Own(string name)
    {
        foreach (var form in Alternatives?.Invoke(name) ?? [name])
        {
            yield return form;
            if (Prefix.Length > 0)
                yield return form.StartsWith(Prefix, StringComparison.Ordinal) ? form[Prefix.Length..] : Prefix + form;
        }
    }
}
