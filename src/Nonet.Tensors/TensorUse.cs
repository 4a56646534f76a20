namespace Nonet.Tensors;

/// <summary>What a tensor is for, where its type is a setting. Each use has its own: a device says which types it supports for which use.</summary>
public enum TensorUse
{
    /// <summary>Results of ops and their gradients: <see cref="Device.Float"/>.</summary>
    Activations,

    /// <summary>Weights that an optimiser updates: <see cref="ParameterStore.MasterType"/>.</summary>
    Masters,

    /// <summary>Keys and values of tokens that a decoder has seen.</summary>
    Cache,
}
