//! Frames into quinn, without a copy until it encrypts them, and out of it, with one.

use bytes::Bytes;
use framewell::{Frame, Pool};
use quinn::{Connection, RecvStream, SendStream};

/// Any error, in words.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Sends a datagram as soon as those before it have left. quinn frees the frame when it is sent.
pub async fn send_datagram(to: &Connection, frame: Frame) -> Result<(), Failed> {
    Ok(to.send_datagram_wait(frame.into()).await?)
}

/// Receives a datagram, and copies it out of quinn's own buffer.
pub async fn read_datagram(from: &Connection, pool: &Pool) -> Result<Frame, Failed> {
    Ok(pool.copy_from_buf(from.read_datagram().await?)?)
}

/// Writes the same frames to each of several streams. A frame is freed when it is acknowledged on
/// all of them.
pub async fn write(to: &mut [SendStream], frames: Vec<Frame>) -> Result<(), Failed> {
    // The one box of each frame. The clones share it.
    let chunks: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
    for stream in to {
        stream.write_all_chunks(&mut chunks.clone()).await?;
    }
    Ok(())
}

/// Reads what has come of a stream, merged into one frame; `None` at the end of the stream.
pub async fn read(from: &mut RecvStream, pool: &Pool) -> Result<Option<Frame>, Failed> {
    let mut frame = pool.get_exact(pool.payload())?;
    let Some(read) = from.read(&mut frame).await? else {
        return Ok(None);
    };
    frame.trim(read)?;
    Ok(Some(frame))
}
