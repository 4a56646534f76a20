namespace Nonet.Server.Ranking;

/// <summary>A request that is not granted. The message is for the person who asked.</summary>
/// <param name="status">Status of HTTP.</param>
/// <param name="message">What was found and what to do.</param>
sealed class RefusedException(int status, string message) : Exception(message)
{
    public int Status => status;
}
