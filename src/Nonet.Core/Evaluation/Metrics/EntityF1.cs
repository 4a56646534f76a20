namespace Nonet.Evaluation.Metrics;

/// <summary>Found entities against those that are there; one counts where its type and both ends agree. Tjong Kim Sang and De Meulder 2003 (CoNLL).</summary>
/// <param name="Right">Found and there.</param>
/// <param name="Found">Found.</param>
/// <param name="There">There.</param>
public readonly record struct EntityF1(long Right, long Found, long There)
{
    /// <summary>0 if none was found.</summary>
    public double Precision => Found == 0 ? 0 : (double)Right / Found;

    /// <summary>0 if none is there.</summary>
    public double Recall => There == 0 ? 0 : (double)Right / There;

    /// <summary>2 p r / (p + r); 0 if none was found and none is there.</summary>
    public double F1 => Found + There == 0 ? 0 : 2.0 * Right / (Found + There);

    /// <summary>Counts over sentences: of all types together (the micro average), and of each.</summary>
    public static (EntityF1 All, SortedDictionary<string, EntityF1> ByType) Of(IReadOnlyList<IReadOnlyList<string>> predicted,
        IReadOnlyList<IReadOnlyList<string>> gold)
    {
        Pairs.Check(predicted.Count, gold.Count);
        var types = new SortedDictionary<string, EntityF1>(StringComparer.Ordinal);
        for (var s = 0; s < gold.Count; s++)
        {
            if (predicted[s].Count != gold[s].Count)
                throw new ArgumentException($"sentence {s}: {predicted[s].Count} predicted tags for {gold[s].Count} words");
            var there = EntityChunk.Of(gold[s]);
            var found = EntityChunk.Of(predicted[s]);
            foreach (var chunk in there)
                Add(chunk.Type, new EntityF1(0, 0, 1));
            foreach (var chunk in found)
                Add(chunk.Type, new EntityF1(there.Contains(chunk) ? 1 : 0, 1, 0));
        }
        var all = types.Values.Aggregate(default(EntityF1), (a, b) => a + b);
        return (all, types);

        void Add(string type, EntityF1 counts) => types[type] = types.GetValueOrDefault(type) + counts;
    }

    /// <summary>Adds the counts of two sets of sentences.</summary>
    public static EntityF1 operator +(EntityF1 a, EntityF1 b) => new(a.Right + b.Right, a.Found + b.Found, a.There + b.There);
}
