using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>
/// One place of a model that applies dropout. Its random numbers are keyed by the path. It does nothing if the batch has no
/// <see cref="Batch.Random"/>.
/// </summary>
sealed class DropoutSite(ParameterPath p, float probability)
{
    readonly uint site = Philox.Hash(p.Path);

    public bool IsOn(Batch batch) => probability > 0 && batch.Random is not null;

    public RandomKey Key(Batch batch) => batch.Random!.Value.At(site);

    public Tensor Forward(Tensor x, Batch batch) => IsOn(batch) ? Ops.Dropout(x, probability, Key(batch)) : x;

    /// <summary>Adds this dropout to the attention weights.</summary>
    public AttentionOptions Apply(AttentionOptions options, Batch batch) =>
        IsOn(batch) ? options with { Dropout = probability, Key = Key(batch) } : options;

    /// <summary>residual + dropout(layer(x)).</summary>
    public Tensor Branch(Linear layer, Tensor x, Tensor residual, Batch batch, Activation input = Activation.None)
    {
        if (!IsOn(batch))
            return layer.Forward(x, residual, input);
        using var y = layer.Forward(x, input: input); // no backward pass reads it
        return Ops.Dropout(y, probability, Key(batch), residual);
    }
}
