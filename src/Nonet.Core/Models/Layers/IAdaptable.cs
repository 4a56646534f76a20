using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>A layer whose weight an adapter can change.</summary>
public interface IAdaptable
{
    /// <summary>W: (Out, In) for a linear layer, (count, width) for a table.</summary>
    Parameter Weight { get; }

    /// <summary>Trainable change of the weight in this layer; null: none.</summary>
    LowRankAdapter? Adapter { get; set; }
}
