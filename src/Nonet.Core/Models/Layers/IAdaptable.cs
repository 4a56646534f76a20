using Nonet.Tensors;

namespace Nonet.Models.Layers;

/// <summary>A layer whose weight an adapter can change.</summary>
public interface IAdaptable
{
    /// <summary>W, (Out, In) of a linear layer or (count, width) of a table.</summary>
    Parameter Weight { get; }

    /// <summary>A trainable change of the weight as this layer uses it; null: none.</summary>
    LowRankAdapter? Adapter { get; set; }
}
