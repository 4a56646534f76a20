using Nonet.Checkpoints;

namespace Nonet.Recipes;

/// <summary>The checkpoint that a recipe starts from.</summary>
static class StartModel
{
    /// <summary>Opens a Hugging Face folder, or the best checkpoint of a run folder. An error names the key.</summary>
    public static HuggingFaceFolder Open(string from)
    {
        try
        {
            return HuggingFaceFolder.Open(ModelPath.Resolve(from));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"from: {e.Message}", e);
        }
    }
}
