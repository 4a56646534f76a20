namespace Nonet.Checkpoints;

/// <summary>Place of a parameter in a checkpoint of another program.</summary>
/// <param name="Name">Full name of the tensor there.</param>
readonly record struct ForeignWeight(string Name)
{
    /// <summary>Whether it is stored as (In, Out), as in Conv1D of GPT-2.</summary>
    public bool Transposed { get; init; }

    /// <summary>First row of the parameter along the output axis, if several parameters are packed in one tensor.</summary>
    public int Start { get; init; }

    /// <summary>Rows of the tensor; 0: as many as the parameter has.</summary>
    public int Total { get; init; }

    /// <summary>Number of matrices that are stacked in the tensor, which then has one axis more; 0: none.</summary>
    public int Stack { get; init; }

    /// <summary>Matrix <paramref name="index"/> of <paramref name="count"/> that are stacked in one tensor.</summary>
    /// <param name="name">Full name of the tensor.</param>
    /// <param name="index">Index of the matrix.</param>
    /// <param name="count">Number of matrices.</param>
    /// <param name="rows">Rows of each matrix.</param>
    public static ForeignWeight Stacked(string name, int index, int count, int rows) =>
        new(name) { Stack = count, Start = checked(index * rows), Total = checked(count * rows) };

    /// <summary>Width of a head whose rows are (pair, 2) in the parameter and (2, pair) in the tensor; 0 if the order is the same.</summary>
    public int Deinterleave { get; init; }

    /// <summary>The reverse: width of a head whose rows are (2, pair) in the parameter and (pair, 2) in the tensor.</summary>
    public int Interleave { get; init; }

    /// <summary>Factor from the tensor to the parameter; 0 and 1: none.</summary>
    public float Scale { get; init; }

    /// <summary>Whether a vector is stored as (1, n).</summary>
    public bool Row { get; init; }

    /// <summary>Number added to the tensor after scaling: -1 for Gemma in GGUF, whose gains include the one.</summary>
    public float Offset { get; init; }

    public bool IsAltered => Scale is not (0 or 1) || Offset != 0;
}

/// <summary>Names of a checkpoint family.</summary>
/// <param name="Prefix">Prefix of the names of a trunk under a head. A trunk alone is stored without it.</param>
/// <param name="Map">Place of a parameter, by its path; null if the family lacks it.</param>
sealed record ForeignNames(string Prefix, Func<string, ForeignWeight?> Map)
{
    /// <summary>Other names of a tensor in files, best first, given its usual name. Null: only the usual name.</summary>
    public Func<string, IEnumerable<string>>? Alternatives { get; init; }

    /// <summary>Names of the matrices that are shared in this model: first the token table, then the output. A file may use any of them.</summary>
    public IReadOnlyList<string> Tied { get; init; } = [];

    /// <summary>First names of the paths of heads. All other parameters are the trunk, which checkpoints for every head contain.</summary>
    public IReadOnlyList<string> Heads { get; init; } = [];

    /// <summary>Heads that belong to a single task and are of no use for another.</summary>
    public IReadOnlyList<string> TaskHeads { get; init; } = [];

    /// <summary>All names that a tensor may have: its own, then those of matrices that share its values.</summary>
    public IEnumerable<string> Candidates(string name) =>
        Tied.Contains(name) ? Own(name).Concat(Tied.Where(other => other != name).SelectMany(Own)) : Own(name);

    /// <summary>The tensor's own names: those of a trunk with and without its prefix.</summary>
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
