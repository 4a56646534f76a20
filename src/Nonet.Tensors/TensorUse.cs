namespace Nonet.Tensors;

/// <summary>Uses of a tensor whose type is a setting. A device says which types it supports for each use.</summary>
public enum TensorUse
{
    /// <summary>Results of ops and their gradients: <see cref="Device.Float"/>.</summary>
    Activations,

    /// <summary>Weights that an optimiser updates: <see cref="ParameterStore.MasterType"/>.</summary>
    Masters,

    /// <summary>Keys and values of the tokens that a decoder has processed.</summary>
    Cache,
}
