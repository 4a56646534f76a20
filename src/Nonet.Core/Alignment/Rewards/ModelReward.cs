namespace Nonet.Alignment.Rewards;

/// <summary>Combination of the rewards of an ensemble.</summary>
public enum EnsembleReward
{
    /// <summary>The mean of the rewards.</summary>
    Mean,

    /// <summary>The lowest reward: what all members agree on. Coste et al. 2023.</summary>
    Least,
}

/// <summary>The reward of a model, or of an ensemble of models that differ by their seeds.</summary>
/// <param name="name">Name in files and plots.</param>
/// <param name="models">One or more.</param>
/// <param name="ensemble">How several rewards become one.</param>
/// <param name="owned">Resources that this object disposes of.</param>
public sealed class ModelReward(string name, IReadOnlyList<RewardModel> models, EnsembleReward ensemble = EnsembleReward.Mean,
    params IReadOnlyList<IDisposable> owned) : IReward
{
    /// <inheritdoc/>
    public string Name => name;

    /// <summary>The models.</summary>
    public IReadOnlyList<RewardModel> Models => models;

    /// <inheritdoc/>
    public double[] Score(IReadOnlyList<Response> responses, CancellationToken stopping = default)
    {
        var total = new double[responses.Count];
        for (var m = 0; m < models.Count; m++)
        {
            var model = models[m];
            var scores = model.Score([.. responses.Select(model.Encode)], stopping);
            for (var i = 0; i < total.Length; i++)
                total[i] = ensemble == EnsembleReward.Mean ? total[i] + scores[i] / models.Count : m == 0 ? scores[i] : Math.Min(total[i], scores[i]);
        }
        return total;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var resource in owned)
            resource.Dispose();
    }
}
