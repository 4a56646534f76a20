using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>
/// Weights for a reward model. A head that the source lacks is initialised with the standard deviation 1 / √(width + 1), so that the initial rewards have a
/// deviation of about 1: Ziegler et al. 2019, released code.
/// </summary>
sealed class RewardHead(IWeightSource trunk, ulong seed) : IWeightSource
{
    public Tensor? Find(Parameter parameter, Device device)
    {
        if (trunk.Find(parameter, device) is { } found)
            return found;
        if (parameter.Role != ParameterRole.Head || parameter.Shape.Rank != 2)
            return null;
        var head = device.Empty(parameter.Shape);
        device.FillNormal(head, 0, 1 / Math.Sqrt(parameter.Shape.Last + 1), new RandomKey(seed, 0, 0).At(parameter.Path));
        return head;
    }
}
