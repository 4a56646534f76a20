namespace Nonet.Server.Ranking;

/// <summary>A request is refused. The message is for the person who sent it.</summary>
/// <param name="status">HTTP status code.</param>
/// <param name="message">What was found and what to do.</param>
sealed class RefusedException(int status, string message) : Exception(message)
{
    public int Status => status;
}
